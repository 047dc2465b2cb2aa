import { startControlPlane } from './start.ts';

// A control plane for the shell: brings one up, says how to reach it, and takes it down on Ctrl-C.
const controlPlane = await startControlPlane();
process.stderr.write(
  `control plane: ready after ${(controlPlane.readyAfterMs / 1000).toFixed(1)} s at ${controlPlane.server}; end it with Ctrl-C\n`,
);
process.stdout.write(`export KUBECONFIG=${controlPlane.kubeconfig}\nalias kubectl=${controlPlane.kubectl}\n`);
const awake = setInterval(() => undefined, 60_000);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    clearInterval(awake);
    void controlPlane.stop();
  });
}
