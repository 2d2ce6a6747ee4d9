import { renderToString } from "preact-render-to-string";

import { App } from "../pages/app.tsx";
import { titleOf, type View } from "../pages/view.ts";

/** The files that a page loads, as paths of this server. */
export interface Assets {
  scripts: string[];
  styles: string[];
}

interface Chunk {
  file: string;
  css?: string[];
  isEntry?: boolean;
}

/** The entry's files, from the manifest that Vite writes (https://vite.dev/guide/backend-integration.html). */
export function readManifest(manifest: Record<string, Chunk>): Assets {
  const entries = Object.values(manifest).filter((chunk) => chunk.isEntry);
  return {
    scripts: entries.map((chunk) => `/${chunk.file}`),
    styles: entries.flatMap((chunk) => chunk.css ?? []).map((file) => `/${file}`),
  };
}

/** A whole page. The view goes along as data, so that the browser starts from what the server has shown. */
export function renderDocument(view: View, assets: Assets): string {
  const document = (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{titleOf(view)}</title>
        {assets.styles.map((href) => (
          <link key={href} rel="stylesheet" href={href} />
        ))}
        {assets.scripts.map((src) => (
          <script key={src} type="module" src={src} />
        ))}
      </head>
      <body>
        <div id="app">
          <App view={view} />
        </div>
        <script type="application/json" id="view" dangerouslySetInnerHTML={{ __html: embedded(view) }} />
      </body>
    </html>
  );
  return `<!doctype html>${renderToString(document)}`;
}

/** JSON that cannot end the element it stands in, whatever is in it. */
function embedded(view: View): string {
  return JSON.stringify(view).replaceAll("<", "\\u003c");
}
