import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";

import react from "@vitejs/plugin-react";
import { type Plugin, defineConfig } from "vite";

// Airflow's host page provides these; the bundle must not hold a second React.
const globals = {
  react: "React",
  "react-dom": "ReactDOM",
  "react-router-dom": "ReactRouterDOM",
  "react/jsx-runtime": "ReactJSXRuntime",
  "@chakra-ui/react": "ChakraUI",
  "@emotion/react": "EmotionReact",
};

// Written into the bundle, so that a test without Node can tell whether it was built from these sources.
const digest = () => {
  const files = readdirSync("src", { recursive: true, encoding: "utf8" }).map((name) => `src/${name}`);
  const sources = files.filter((name) => /\.tsx?$/.test(name) && !/\.(test|d)\.ts$/.test(name));
  const hash = createHash("sha256");
  for (const name of [...sources, "package-lock.json", "vite.config.ts"].sort()) hash.update(name).update("\0").update(readFileSync(name));
  return hash.digest("hex");
};

const named: Plugin = {
  name: "sources",
  enforce: "post",
  generateBundle: (_, bundle) => {
    for (const file of Object.values(bundle)) if (file.type === "chunk") file.code += `/*! sources ${digest()} */\n`;
  },
};

export default defineConfig({
  plugins: [react(), named],
  define: { "process.env.NODE_ENV": '"production"' },
  build: {
    outDir: "../static",
    emptyOutDir: true,
    lib: {
      entry: "src/main.tsx",
      name: "AirflowPlugin",
      formats: ["umd"],
      fileName: () => "hub.js",
    },
    rollupOptions: { external: Object.keys(globals), output: { globals, exports: "default" } },
  },
});
