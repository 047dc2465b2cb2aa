const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** Kinds whose names need only be a segment of a path, by group: `system:node-reader` is a ClusterRole. */
const PATH_SEGMENT_NAMES: ReadonlyMap<string, readonly string[]> = new Map([
  ['rbac.authorization.k8s.io', ['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding']],
  ['certificates.k8s.io', ['CertificateSigningRequest', 'ClusterTrustBundle']],
  ['networking.k8s.io', ['IPAddress']],
  ['internal.apiserver.k8s.io', ['StorageVersion']],
  ['apiregistration.k8s.io', ['APIService']],
]);

/** What keeps `name` from being a DNS label (RFC 1123), as the name of a Namespace has to be; undefined if nothing does. */
export function labelFault(name: string): string | undefined {
  if (name.length > 63) return 'must have at most 63 characters';
  return LABEL.test(name) ? undefined : 'must consist of lower-case letters, digits and -, and begin and end with a letter or digit';
}

/** What keeps `name` from being a DNS subdomain (RFC 1123), as most names have to be; undefined if nothing does. */
export function subdomainFault(name: string): string | undefined {
  if (name.length > 253) return 'must have at most 253 characters';
  return SUBDOMAIN.test(name) ? undefined : 'must consist of lower-case letters, digits, - and ., and begin and end with a letter or digit';
}

/** What keeps `name` from being the name of an object of this kind; undefined if nothing does. */
export function objectNameFault(group: string, kind: string, name: string): string | undefined {
  if (group === '' && kind === 'Namespace') return labelFault(name);
  if (PATH_SEGMENT_NAMES.get(group)?.includes(kind) !== true) return subdomainFault(name);
  if (name.length > 253) return 'must have at most 253 characters';
  return name === '.' || name === '..' || /[/%]/.test(name) ? 'must not be . or .., nor contain / or %' : undefined;
}
