import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// Airflow's host page provides these; the bundle must not hold a second React.
const globals = {
  react: "React",
  "react-dom": "ReactDOM",
  "react-router-dom": "ReactRouterDOM",
  "react/jsx-runtime": "ReactJSXRuntime",
  "@chakra-ui/react": "ChakraUI",
  "@emotion/react": "EmotionReact",
};

export default defineConfig({
  plugins: [react()],
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
