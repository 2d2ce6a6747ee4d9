import type { Level } from "./settings.ts";

export type Fields = Record<string, unknown>;
export type Log = Record<Level, (message: string, fields?: Fields) => void>;

const ORDER: Record<Level, number> = { debug: 10, info: 20, warn: 30, error: 40 };

/** One JSON object a line, from `level` upwards. */
export function createLog(level: Level, write: (line: string) => void): Log {
  function at(own: Level) {
    return (message: string, fields: Fields = {}): void => {
      if (ORDER[own] >= ORDER[level]) {
        write(`${JSON.stringify({ time: new Date().toISOString(), level: own, message, ...fields })}\n`);
      }
    };
  }
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
