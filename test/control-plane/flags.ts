import type { Pki } from './pki.ts';

/** What the flags of the three components depend on. */
export interface Layout {
  readonly etcdDataDir: string;
  readonly etcdPort: number;
  readonly apiServerPort: number;
  readonly pki: Pki;
  readonly controllerManagerKubeconfig: string;
  /** Whether etcd waits until a write is on the disk. */
  readonly fsync: boolean;
}

/** etcd as the only member of its cluster. */
export function etcdFlags({ etcdDataDir, etcdPort, fsync }: Layout): readonly string[] {
  const client = `http://127.0.0.1:${etcdPort}`;
  return [
    `--data-dir=${etcdDataDir}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    // Nobody will join, so any port will do, and it need not be the one that is advertised.
    '--listen-peer-urls=http://127.0.0.1:0',
    '--log-level=warn',
    ...(fsync ? [] : ['--unsafe-no-fsync']),
  ];
}

/** The API server with its default admission plugins, RBAC, and priority and fairness; only on 127.0.0.1. */
export function apiServerFlags({ etcdPort, apiServerPort, pki }: Layout): readonly string[] {
  return [
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${apiServerPort}`,
    '--advertise-address=127.0.0.1',
    // It would try in vain to publish a loopback address as the endpoint of its Service.
    '--endpoint-reconciler-type=none',
    `--tls-cert-file=${pki.server.certFile}`,
    `--tls-private-key-file=${pki.server.keyFile}`,
    `--client-ca-file=${pki.ca.certFile}`,
    '--authorization-mode=Node,RBAC',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${pki.serviceAccountPublicKeyFile}`,
    `--service-account-signing-key-file=${pki.serviceAccountKeyFile}`,
    '--service-cluster-ip-range=10.0.0.0/16',
    '--allow-privileged=true',
    `--requestheader-client-ca-file=${pki.frontProxyCa.certFile}`,
    '--requestheader-allowed-names=front-proxy',
    '--requestheader-username-headers=X-Remote-User',
    '--requestheader-group-headers=X-Remote-Group',
    '--requestheader-extra-headers-prefix=X-Remote-Extra-',
    `--proxy-client-cert-file=${pki.frontProxy.certFile}`,
    `--proxy-client-key-file=${pki.frontProxy.keyFile}`,
  ];
}

/** What makes the API server log requests, all into one file: an answer is sent only after its line is written. */
export function auditFlags({ policyFile, logFile }: { readonly policyFile: string; readonly logFile: string }): readonly string[] {
  return [
    `--audit-policy-file=${policyFile}`,
    `--audit-log-path=${logFile}`,
    '--audit-log-mode=blocking-strict',
    '--audit-log-maxsize=100000',
  ];
}

/**
 * Collects garbage less often than Go does by default: a sixth less CPU time until the API server is ready (2.4 instead of 2.9 s), for
 * some 120 MB more memory.
 */
export const apiServerEnvironment: Readonly<NodeJS.ProcessEnv> = { GOGC: '400' };

/** All controllers that are on by default, each with a ServiceAccount of its own. */
export function controllerManagerFlags({ pki, controllerManagerKubeconfig }: Layout): readonly string[] {
  return [
    `--kubeconfig=${controllerManagerKubeconfig}`,
    '--use-service-account-credentials=true',
    `--service-account-private-key-file=${pki.serviceAccountKeyFile}`,
    `--root-ca-file=${pki.ca.certFile}`,
    `--cluster-signing-cert-file=${pki.ca.certFile}`,
    `--cluster-signing-key-file=${pki.ca.keyFile}`,
    '--leader-elect=false',
    '--secure-port=0',
    // The default of 20 a second makes some forty controllers wait for each other at the start.
    '--kube-api-qps=500',
    '--kube-api-burst=1000',
  ];
}
