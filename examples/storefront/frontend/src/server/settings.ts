/** All settings come from the environment; durations are seconds there and milliseconds here. */

export type Level = "debug" | "info" | "warn" | "error";
const LEVELS: readonly string[] = ["debug", "info", "warn", "error"];

export interface Settings {
  host: string;
  port: number;
  backend: URL;
  backendTimeout: number;
  level: Level;
  grace: number;
}

type Environment = Record<string, string | undefined>;

/** Reads them; an error names everything that is wrong. */
export function readSettings(env: Environment): Settings {
  const wrong: string[] = [];

  function number(name: string, otherwise: number, least: number, most: number): number {
    const text = env[name];
    const value = text === undefined || text === "" ? otherwise : Number(text);
    if (!(value >= least && value <= most)) {
      wrong.push(`${name} is ${JSON.stringify(text)}, not a number from ${least} to ${most}`);
    }
    return value;
  }

  function address(name: string, otherwise: string): URL {
    const text = env[name] || otherwise;
    if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
      wrong.push(`${name} is ${JSON.stringify(text)}, not an http address`);
      return new URL(otherwise);
    }
    return new URL(text.endsWith("/") ? text : `${text}/`); // what is asked for lies below it
  }

  const level = (env["LOG_LEVEL"] || "info").toLowerCase();
  if (!LEVELS.includes(level)) {
    wrong.push(`LOG_LEVEL is ${JSON.stringify(level)}, not one of ${LEVELS.join(", ")}`);
  }
  const settings: Settings = {
    host: env["HOST"] || "0.0.0.0",
    port: number("PORT", 3000, 0, 65535),
    backend: address("BACKEND_URL", "http://localhost:8080"),
    backendTimeout: number("BACKEND_TIMEOUT", 2, 0.01, 60) * 1000,
    level: level as Level,
    grace: number("SHUTDOWN_GRACE", 10, 0, 300) * 1000,
  };
  if (wrong.length > 0) {
    throw new Error(wrong.join("; "));
  }
  return settings;
}
