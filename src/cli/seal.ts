import { TRANSACTIONS } from '../transaction/kinds.ts';
import { withCluster } from './cluster.ts';
import type { GlobalFlags } from './flags/global.ts';
import { requireName } from './names.ts';
import { print, warn } from './output.ts';
import { isMissing, noSuchTransaction } from './transaction.ts';

/** Sealing what is sealed changes nothing and is no fault, so that a script can be repeated. */
export async function seal(name: string, flags: GlobalFlags): Promise<void> {
  requireName(name, 'TXN');
  await withCluster(flags, async (cluster) => {
    const { client, namespace } = cluster;
    try {
      const { warnings } = await client.patch(
        { kind: TRANSACTIONS, namespace, name },
        { type: 'merge', patch: { spec: { sealed: true } } },
      );
      warnings.forEach(warn);
    } catch (error) {
      throw isMissing(error) ? await noSuchTransaction(cluster, name, error) : error;
    }
    print(`Transaction ${namespace}/${name} sealed`);
  });
}
