import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/build.ts', 'test/support/install-programs.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    coverage: { include: ['src/**/*.ts'] },
  },
});
