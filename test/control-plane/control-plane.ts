import type { Binaries } from './binaries.ts';
import type { Credentials } from './pki.ts';

export interface ControlPlaneOptions {
  /** `required` (default): with kube-controller-manager, whatever it takes to get one. `optional`: without, if the quickest source has none. */
  readonly controllers?: 'required' | 'optional';
  /** Whether etcd waits for the disk at each write, as a real cluster's does. Default false. */
  readonly fsync?: boolean;
  /** Kinds of which every write request is to be logged, with what was answered: by API group, resources. */
  readonly audit?: Readonly<Record<string, readonly string[]>>;
  /** Further flags of kube-apiserver; they win over ours. */
  readonly apiServerFlags?: readonly string[];
  /** Further flags of kube-controller-manager; they win over ours. */
  readonly controllerManagerFlags?: readonly string[];
  /** Executables to use instead of looking for some. */
  readonly binaries?: Binaries;
  /** Gets what is worth a line; standard error by default. */
  readonly log?: (line: string) => void;
}

/** The components, as the handle names them. */
export type ComponentName = 'etcd' | 'apiServer' | 'controllerManager';

/** A running control plane. */
export interface ControlPlane {
  /** Path of the administrator's kubeconfig. */
  readonly kubeconfig: string;
  /** `https://127.0.0.1:<port>` */
  readonly server: string;
  /** Path of a kubectl command, or `kubectl` for the one on the PATH where the binaries have none; give it the kubeconfig. */
  readonly kubectl: string;
  /** The folder of everything that belongs to this control plane; it disappears with it. */
  readonly dir: string;
  readonly caFile: string;
  readonly ca: string;
  /** `O=system:masters, CN=admin` */
  readonly admin: Credentials;
  /** Paths of the components' logs. */
  readonly logs: Readonly<Record<ComponentName, string>>;
  /** Path of the audit log, where one was asked for: an event of audit.k8s.io/v1 a line. */
  readonly auditLog?: string;
  readonly hasControllers: boolean;
  /** Milliseconds it took to get ready, without the time to find binaries. */
  readonly readyAfterMs: number;
  /** Process ids of the components that run now. */
  pids(): Readonly<Partial<Record<ComponentName, number>>>;
  /** Ends the API server as a crash would; its port stays its own. */
  stopApiServer(): Promise<void>;
  /** Starts it again and waits until it is ready. */
  startApiServer(): Promise<void>;
  restartApiServer(): Promise<void>;
  /** `http://127.0.0.1:<port>` */
  readonly etcd: string;
  /** Ends etcd as a crash would; its port and its data stay its own. */
  stopEtcd(): Promise<void>;
  /** Starts it again and waits until the API server can read from it. */
  startEtcd(): Promise<void>;
  /** Ends everything at once and removes the folder. */
  stop(): Promise<void>;
}
