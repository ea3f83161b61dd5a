import path from "node:path";
import type { NextConfig } from "next";

const config: NextConfig = {
  reactStrictMode: true,
  poweredByHeader: false,
  devIndicators: false,
  distDir: process.env.MADANG_DIST ?? ".next",
  transpilePackages: ["@madang/core"],
  turbopack: {
    root: path.resolve(import.meta.dirname, "../.."),
    // What next-intl's own plugin would set; the plugin looks from the working folder, which is not always this one.
    resolveAlias: { "next-intl/config": "./lib/i18n/request.ts" },
  },
  // Pages and scripts go out as gzip; what the server in front answers itself doesn't pass here.
  compress: true,
};

export default config;
