import { defineConfig } from 'vitest/config';
import { filesStartingServers } from './scripts/server-tests.ts';

const everything = 'test/**/*.test.ts';
const servers = filesStartingServers('test');

export default defineConfig({
  test: {
    reporters: process.env['TEST_REPORT'] ? ['default', 'json'] : ['default'],
    outputFile: { json: process.env['TEST_REPORT'] ?? 'coverage/tests.json' },
    teardownTimeout: 30_000,
    coverage: { provider: 'v8', include: ['src/**/*.ts'], reporter: ['text-summary', 'html', 'json-summary'] },
    projects: [
      {
        // Pure tests: they share workers, which makes hundreds of small files ten times faster.
        test: {
          name: 'pure',
          include: [everything],
          exclude: servers,
          isolate: false,
          testTimeout: 120_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // Tests on real API servers, each file with its own: more than two at a time starve each other.
        test: {
          name: 'server',
          include: servers.length > 0 ? servers : ['test/none'],
          globalSetup: ['test/bundle.ts', 'test/control-plane/setup.ts'],
          // Conditions are waited for: these bounds only end what hangs, on a machine that may be ten times slower than usual.
          testTimeout: 300_000,
          hookTimeout: 300_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
