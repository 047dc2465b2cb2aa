import pc from 'picocolors';
import { startControlPlane } from '../../test/control-plane/start.ts';
import { startOperatorProcess } from './operator.ts';
import { Shell, tell } from './shell.ts';
import { play } from './story.ts';

/** `npm run demo`: a control plane, Janus on it, the story, and away with all of it. */
const begun = performance.now();
process.stdout.write(pc.bold('Janus: hard-locked, all-or-nothing transactions for Kubernetes\n'));
const controlPlane = await startControlPlane({ controllers: 'optional' });
tell(
  `a control plane is up at ${controlPlane.server} (etcd, kube-apiserver${controlPlane.hasControllers ? ', kube-controller-manager' : ''})`,
);
try {
  const operator = await startOperatorProcess(controlPlane.kubeconfig);
  tell(pc.dim(operator.words));
  try {
    await play(new Shell(controlPlane));
  } finally {
    await operator.stop();
  }
  process.stdout.write(`\n${pc.bold('That was it')}, in ${((performance.now() - begun) / 1000).toFixed(0)} s; everything is cleaned up.\n`);
  tell(`To try for yourself: ${pc.bold('npm start')} keeps a control plane and Janus running, and prints the line to copy.`);
} catch (error) {
  process.stderr.write(`\n${pc.red('The demo failed:')} ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  await controlPlane.stop();
}
