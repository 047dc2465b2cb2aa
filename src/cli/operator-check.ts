import { podNamespace } from '../kube/in-cluster.ts';
import { lacking } from '../operator/requirements.ts';
import { withCluster } from './cluster.ts';
import { operatorOptions, type OperatorFlags } from './operator-options.ts';
import { print } from './output.ts';

/** Says what an installation lacks, a line each. */
export async function operatorCheck(flags: OperatorFlags): Promise<void> {
  const options = operatorOptions(flags, process.stdout.isTTY, await podNamespace(process.env));
  await withCluster(flags, async ({ client }) => {
    const lacks = await lacking(client, options);
    for (const one of lacks) print(one);
    if (lacks.length > 0) process.exitCode = 1;
    else print(`Janus has what it needs in namespace ${options.systemNamespace}.`);
  });
}
