import { hostname } from 'node:os';
import { podNamespace } from '../kube/in-cluster.ts';
import { removeJanus } from '../operator/removal/remove.ts';
import { withCluster } from './cluster.ts';
import { operatorOptions, type OperatorFlags } from './operator-options.ts';
import { print, say } from './output.ts';
import { requireDuration } from './values.ts';

/** The flags as typed. */
export interface OperatorRemoveFlags extends OperatorFlags {
  readonly rollbackOpen?: boolean;
  readonly wait?: string;
}

const WAIT_MS = 5 * 60_000;

/** Takes away what Janus has made. */
export async function operatorRemove(flags: OperatorRemoveFlags): Promise<void> {
  const { systemNamespace } = operatorOptions(flags, process.stdout.isTTY, await podNamespace(process.env));
  await withCluster(flags, async ({ client }) => {
    await removeJanus({
      client,
      systemNamespace,
      by: hostname(),
      rollbackOpen: flags.rollbackOpen === true,
      waitMs: flags.wait === undefined ? WAIT_MS : requireDuration('--wait', flags.wait),
      tell: say,
    });
  });
  print(`Janus is removed from the cluster, but for what its installation holds in namespace ${systemNamespace}.`);
}
