import { podNamespace } from '../kube/in-cluster.ts';
import { operatorOptions, type OperatorFlags } from './operator-options.ts';

/** Runs the operator until it has been told to stop and has done so. */
export async function operator(flags: OperatorFlags): Promise<void> {
  const options = operatorOptions(flags, process.stdout.isTTY, await podNamespace(process.env));
  process.setSourceMapsEnabled(true);
  const { runOperator } = await import('../operator/main.ts');
  await runOperator(options);
}
