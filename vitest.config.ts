import { availableParallelism } from 'node:os'
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

/** Flows in which rates, delays and orders are measured. */
const timed = ['chaos', 'config-change', 'fairness', 'gates', 'order', 'priority'].map(
  (name) => `test/flow/${name}.test.ts`,
)

export default defineConfig(async () => ({
  test: {
    // Both cores of a small machine: unless told, one is kept free.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        test: {
          name: 'pure',
          // Pure code keeps nothing that another file could meet.
          isolate: false,
          include: [
            'test/{model,signing,routing,sources,destinations,budget}/**/*.test.ts',
            'test/{ledger,http,pipeline}/*.pure.test.ts',
          ],
        },
      },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: './wrangler.toml' },
            miniflare: {
              bindings: {
                TEST_MIGRATIONS: await readD1Migrations('migrations'),
                ADMIN_KEY: 'test-admin-key',
                MASTER_KEY: 'dGVzdC1tYXN0ZXIta2V5LXRlc3QtbWFzdGVyLWtleSE=',
                DESTINATION_ALLOWLIST: '127.0.0.0/8',
              },
            },
          }),
        ],
        test: {
          name: 'worker',
          include: ['test/{config,http,pipeline,ledger}/**/*.test.ts'],
          exclude: ['test/{ledger,http,pipeline}/*.pure.test.ts'],
          setupFiles: ['test/support/apply-migrations.ts'],
        },
      },
      {
        test: {
          name: 'flow',
          include: ['test/flow/**/*.test.ts'],
          exclude: timed,
          globalSetup: ['test/support/build-worker.ts'],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'timed',
          include: timed,
          globalSetup: ['test/support/build-worker.ts'],
          testTimeout: 60_000,
          // After all others, one by one: each file has the machine to itself.
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
}))
