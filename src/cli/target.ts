import { UsageFault } from './fault.ts';

/** An object as typed: which kind is meant is for discovery to say. */
export interface Target {
  /** Kind, plural or short name, perhaps with a group: `Deployment`, `deploy`, `deployments.apps`, `deployments.v1.apps`. */
  readonly kind: string;
  readonly name: string;
}

/**
 * Reads `Kind/Name`. `what` says where it was given.
 *
 * @throws UsageFault where it is not of that form, or the name cannot be a part of a URL path (what every name in Kubernetes must be).
 */
export function parseTarget(text: string, what = '--target'): Target {
  const slash = text.indexOf('/');
  const kind = slash < 0 ? text : text.slice(0, slash);
  const name = slash < 0 ? '' : text.slice(slash + 1);
  if (kind === '' || name === '') {
    throw new UsageFault(`${what} must be Kind/Name, and "${text}" is not: write it like ConfigMap/settings or deploy/web.`);
  }
  if (name === '.' || name === '..' || /[/%\s]/.test(name)) {
    throw new UsageFault(
      `${what} names "${name}", which cannot be the name of an object: write it like ConfigMap/settings; a namespace goes in ${what === '--target' ? '--target-ns' : '-n'}.`,
    );
  }
  return { kind, name };
}
