import type { ControlPlane, ControlPlaneOptions } from './control-plane.ts';
import { launch, PortTakenError } from './launch.ts';
import { locateBinaries } from './locate.ts';

export type { ControlPlane, ControlPlaneOptions } from './control-plane.ts';

const TRIES = 3;

/**
 * Starts etcd, kube-apiserver and kube-controller-manager on free ports of 127.0.0.1, with keys and data of their own, and waits
 * until they are ready. All of it ends with this process, however that ends. Throws `NoBinariesError`, or an error with the last
 * lines of the component that did not come up.
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const log = options.log ?? ((line: string) => void process.stderr.write(`control plane: ${line}\n`));
  const controllers = options.controllers ?? 'required';
  const binaries = options.binaries ?? (await locateBinaries(controllers, log));
  if (binaries.controllerManager === undefined) {
    if (controllers === 'required') throw new Error('The binaries given have no kube-controller-manager, and controllers are required.');
    log('there is no kube-controller-manager: nothing will act on Deployments, garbage or namespaces');
  }
  for (let left = TRIES; ; left -= 1) {
    try {
      return await launch(binaries, options, log);
    } catch (error) {
      // Between finding a free port and listening on it, somebody else can be quicker.
      if (!(error instanceof PortTakenError) || left <= 1) throw error;
    }
  }
}
