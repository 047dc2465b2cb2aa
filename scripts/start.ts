import pc from 'picocolors';
import { startControlPlane } from '../test/control-plane/start.ts';
import { startOperatorProcess } from './demo/operator.ts';

/** `npm start`: a control plane and Janus on it, until Ctrl-C. */
const controlPlane = await startControlPlane({ controllers: 'optional' });
const operator = await startOperatorProcess(controlPlane.kubeconfig, 'info').catch(async (error: unknown) => {
  await controlPlane.stop();
  throw error;
});
process.stdout.write(`${operator.words}\n\nIn another terminal:\n\n  ${pc.bold(`export KUBECONFIG=${controlPlane.kubeconfig}`)}\n`);
process.stdout.write(
  `  ${pc.bold(`alias kubectl=${controlPlane.kubectl} janus=$PWD/bin/janus`)}\n\nCtrl-C ends both and removes everything.\n`,
);
const asked = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve);
});
await Promise.race([asked, operator.ended]);
process.stdout.write(`${await operator.stop()}\n`);
await controlPlane.stop();
