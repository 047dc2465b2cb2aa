import type { KubeClient } from '../kube/client.ts';
import { isApiError } from '../kube/errors.ts';
import type { KubeObject, ObjectRef } from '../kube/object.ts';
import { SECRETS } from '../kube/well-known.ts';
import type { Authority } from './certificates.ts';

/** Name of the Secret in Janus's namespace. */
export const AUTHORITIES_SECRET = 'janus-webhook-certificate';

/** An authority of all replicas. */
export interface SharedAuthority extends Authority {
  /** API servers have trusted it for long enough: what it signed may be shown. */
  readonly trusted: boolean;
  /** Since when; milliseconds since 1970. Absent where that is not known. */
  readonly since?: number;
}

/** The authorities of all replicas, the newest first, and what a compare-and-swap needs. */
export interface SharedAuthorities {
  readonly authorities: readonly SharedAuthority[];
  readonly version?: string;
}

/** Where replicas keep the authorities that they share. */
export interface AuthorityStore {
  /** Undefined where there is nothing yet. */
  read(): Promise<SharedAuthorities | undefined>;
  /** Puts these in the place of what was read. Returns false, and changes nothing, when somebody else was quicker. */
  write(authorities: readonly SharedAuthority[], read: SharedAuthorities | undefined): Promise<boolean>;
}

/** Keeps them in a Secret of Janus's namespace. */
export function authoritiesInSecret(client: Pick<KubeClient, 'get' | 'create' | 'update'>, systemNamespace: string): AuthorityStore {
  const ref: ObjectRef = { kind: SECRETS, namespace: systemNamespace, name: AUTHORITIES_SECRET };
  return {
    async read() {
      try {
        return authoritiesIn(await client.get(ref));
      } catch (error) {
        if (isApiError(error, 404)) return undefined;
        throw error;
      }
    },
    async write(authorities, read) {
      try {
        if (read === undefined) await client.create(ref, secretOf(ref, authorities, undefined));
        else await client.update(ref, secretOf(ref, authorities, read.version));
        return true;
      } catch (error) {
        if (isApiError(error, 404, 409)) return false;
        throw error;
      }
    },
  };
}

function secretOf({ name, namespace = '' }: ObjectRef, authorities: readonly SharedAuthority[], version: string | undefined): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name,
      namespace,
      labels: { 'app.kubernetes.io/name': 'janus' },
      ...(version === undefined ? {} : { resourceVersion: version }),
    },
    type: 'tx.janus.io/webhook-authorities',
    data: { authorities: Buffer.from(JSON.stringify(authorities)).toString('base64') },
  };
}

/** @throws Error for people where the Secret holds something else */
function authoritiesIn(secret: KubeObject): SharedAuthorities {
  const data = (secret['data'] as { readonly authorities?: string } | undefined)?.authorities ?? '';
  const { name = '', namespace = '', resourceVersion } = secret.metadata;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(data, 'base64').toString('utf8'));
  } catch {
    value = undefined;
  }
  if (!Array.isArray(value) || !value.every(isAuthority))
    throw new Error(
      `Secret ${namespace}/${name} does not hold the webhook's authorities (it may be cert-manager's, of an earlier installation); delete it, and new ones are made`,
    );
  return { authorities: value, ...(resourceVersion === undefined ? {} : { version: resourceVersion }) };
}

function isAuthority(value: unknown): value is SharedAuthority {
  const { certificate, privateKey, trusted, since } = (value ?? {}) as Partial<Record<keyof SharedAuthority, unknown>>;
  const isTime = since === undefined || typeof since === 'number';
  return typeof certificate === 'string' && typeof privateKey === 'string' && typeof trusted === 'boolean' && isTime;
}
