import type { ApiServer } from './api-server.ts';

/** The place where a benchmark happens. */
export interface Site {
  readonly api: ApiServer;
  /** In the name of every namespace, so that a control plane can be used twice. */
  readonly id: string;
  /** Path of the kubeconfig file, with every right. */
  readonly kubeconfig: string;
  /** A kubectl command. */
  readonly kubectl: string;
  /** Directory for manifests and logs of this run. */
  readonly scratch: string;
  readonly settings: Settings;
}

/** What can be chosen on the command line. */
export interface Settings {
  /** Requests at once, of the bare server-side apply. */
  readonly concurrency: number;
  /** The command that starts our operator. */
  readonly janus: readonly string[];
  /** A binary of the Go original to use in place of installing its module, and the directory of its CRDs. */
  readonly original?: { readonly binary: string; readonly crds: string };
  /** Build helm into the cache when it is not on PATH. */
  readonly withHelm: boolean;
}
