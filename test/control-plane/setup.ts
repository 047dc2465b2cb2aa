import { locateBinaries } from './locate.ts';

/** Finds or builds the binaries once before the tests that start a control plane: a build takes longer than any test may. */
export async function setup(): Promise<void> {
  await locateBinaries('required', (line) => void process.stderr.write(`control plane: ${line}\n`));
}
