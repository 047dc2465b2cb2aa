import { buildBundle } from '../scripts/build.ts';

/** Builds what bin/janus starts, once before the tests that start it. */
export async function setup(): Promise<void> {
  await buildBundle();
}
