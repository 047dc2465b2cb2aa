import { isApiError } from '../kube/errors.ts';

/** That Janus itself, and not the ServiceAccount, lacks a right: an installation may limit whom Janus acts as. */
export function notAllowedToActAs(namespace: string, name: string): string {
  return (
    `Janus may not act as ServiceAccount ${namespace}/${name}: whoever installed it limits which ones it may impersonate. Have an administrator add ` +
    `{name: ${namespace}, serviceAccounts: [${name}]} to impersonation.namespaces in the values of its chart, then make and seal a new transaction`
  );
}

/** Whether an API server refused a request because its sender may not impersonate, not because of what it asked for. */
export function isImpersonationRefused(error: unknown): boolean {
  return isApiError(error, 403) && /cannot impersonate resource "/.test(error.message);
}
