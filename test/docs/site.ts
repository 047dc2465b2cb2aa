import { copyFileSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startOperatorProcess } from '../../scripts/demo/operator.ts';
import { startControlPlane } from '../control-plane/start.ts';
import { openTerminal, type Terminal } from './terminal.ts';

const JANUS = fileURLToPath(new URL('../../bin/janus', import.meta.url));
const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/** A control plane with Janus on it, for readers. */
export interface Site {
  /** A terminal with `kubectl` and `janus` on its path and a kubeconfig of its own. `$JANUS_REPOSITORY` is this repository. */
  open(): Terminal;
  stop(): Promise<void>;
}

export async function bootSite(): Promise<Site> {
  const controlPlane = await startControlPlane();
  const operator = await startOperatorProcess(controlPlane.kubeconfig).catch(async (error: unknown) => {
    await controlPlane.stop();
    throw error;
  });
  const commands = mkdtempSync(join(tmpdir(), 'janus-docs-bin-'));
  symlinkSync(JANUS, join(commands, 'janus'));
  if (controlPlane.kubectl !== 'kubectl') symlinkSync(controlPlane.kubectl, join(commands, 'kubectl'));
  return {
    open() {
      const config = join(mkdtempSync(join(commands, 'config-')), 'config');
      copyFileSync(controlPlane.kubeconfig, config);
      const env = { KUBECONFIG: config, JANUS_REPOSITORY: REPOSITORY, NO_COLOR: '1', LC_ALL: 'C.UTF-8', TERM: 'dumb' };
      return openTerminal({ ...env, PATH: `${commands}:${process.env['PATH'] ?? ''}` });
    },
    async stop() {
      await operator.stop();
      await controlPlane.stop();
      rmSync(commands, { recursive: true, force: true });
    },
  };
}
