import preact from "@preact/preset-vite";
import { defineConfig } from "vite";

// Two builds with one tool: pages for the browser (dist/client, with a manifest that says which files belong to the
// entry) and the server (dist/server/main.js, with everything of the pages inside; only what it needs to speak HTTP
// stays a production module).
export default defineConfig(({ isSsrBuild }) => ({
  plugins: [preact()],
  build: isSsrBuild
    ? { target: "node24", copyPublicDir: false }
    : {
        outDir: "dist/client",
        manifest: "manifest.json",
        rollupOptions: { input: "src/client/main.tsx" },
      },
  ssr: { noExternal: [/^preact/] },
}));
