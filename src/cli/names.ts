import { labelFault, subdomainFault } from '../api/object-name.ts';
import { UsageFault } from './fault.ts';

/** @throws UsageFault unless `name` can be the name of a namespace. `flag` says where it was given. */
export function requireNamespace(name: string, flag: string): void {
  refuse(flag, name, labelFault(name));
}

/** @throws UsageFault unless `name` can be the name of an object of ours. `what` says which. */
export function requireName(name: string, what: string): void {
  refuse(what, name, subdomainFault(name));
}

/** @throws UsageFault unless names that begin with `prefix` can be valid: the server adds five characters. */
export function requirePrefix(prefix: string, what: string): void {
  if (prefix === '') throw new UsageFault(`${what} is empty: give the beginning of a name, for example deploy-.`);
  refuse(what, prefix, subdomainFault(`${prefix}x`));
}

function refuse(what: string, name: string, fault: string | undefined): void {
  if (fault === undefined) return;
  if (name === '') throw new UsageFault(`${what} is empty: give a name.`);
  throw new UsageFault(`${what} is "${name}", and ${fault}.`);
}
