"""Names of files that a build of Node's does not read, and that do not ship with source that runs. Data.

Patterns as in `.dockerignore`, beside those of `lading.survey.patterns`.
"""

OUTPUT = (
    "**/.next", "**/.nuxt", "**/.output", "**/.svelte-kit", "**/.turbo", "**/.vercel", "**/.netlify",
    "**/.parcel-cache", "**/.vite", "**/.cache", "**/.angular", "**/.docusaurus", "**/.eslintcache",
    "**/*.tsbuildinfo", "**/coverage", "**/storybook-static", "**/playwright-report", "**/test-results",
)  # fmt: skip
"""What tools leave behind where somebody has built or tested in place."""

UNREAD = (
    "**/.git", "**/.gitignore", "**/.gitattributes", "**/.github", "**/.gitlab*", "**/.circleci", "**/.husky",
    "**/.dockerignore", "**/Dockerfile*", "**/*.Dockerfile", "**/compose*.y*ml", "**/docker-compose*",
    "**/docker-bake.*", "**/.devcontainer", "**/.vscode", "**/.idea", "**/.DS_Store", "**/__tests__", "**/*.test.*",
    "**/*.spec.*", "**/e2e", "**/cypress", "**/*.log", "lading.toml", "lading.lock", "**/Procfile*", "/README.md",
    "/CHANGELOG.md", "/CONTRIBUTING.md",
)  # fmt: skip
"""What no build reads."""

DEVELOPMENT = (
    *UNREAD, "**/test", "**/tests", "docs", "doc", "examples", "example", "/*.md", "**/*.d.ts", "**/tsconfig*.json",
    "**/jsconfig.json", "**/.eslintrc*", "**/eslint.config.*", "**/.prettierrc*", "**/prettier.config.*",
    "**/.prettierignore", "**/.eslintignore", "**/.editorconfig", "**/.nvmrc", "**/.node-version", "**/.tool-versions",
    "**/mise.toml", "**/jest.config.*", "**/vitest.config.*", "**/vitest.setup.*", "**/playwright.config.*",
    "**/cypress.config.*", "**/.mocharc*", "**/.nycrc*", "**/.c8rc*", "**/babel.config.*", "**/.babelrc*",
    "**/biome.json*", "**/renovate.json", "**/nodemon.json", "**/package-lock.json", "**/npm-shrinkwrap.json",
    "**/yarn.lock", "**/pnpm-lock.yaml", "**/pnpm-workspace.yaml", "**/.yarnrc*", "**/.yarn", "**/.pnp.*", "**/.swcrc",
    "**/.lintstagedrc*", "**/Makefile", "**/justfile",
)  # fmt: skip
"""What is only there for those who develop, where the source itself runs."""
