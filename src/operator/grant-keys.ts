import type { KubeClient } from '../kube/client.ts';
import { isApiError } from '../kube/errors.ts';
import type { KubeObject, ObjectRef } from '../kube/object.ts';
import { retrying } from '../kube/retry.ts';
import { SECRETS } from '../kube/well-known.ts';
import { grantSigner, type GrantSigner } from '../lock/grants.ts';
import { grantVerifier, type GrantVerifier } from '../lock/grant-verifier.ts';
import { generateKeyRing, parseKeyRing, rotate, serializeKeyRing, type KeyRing } from '../lock/keys.ts';

/** Name of the Secret in Janus's namespace. */
export const GRANT_KEYS_SECRET = 'janus-grant-keys';

/** How long a key signs; milliseconds. */
const ROTATE_AFTER_MS = 24 * 60 * 60_000;
/** How often the ring is read anew: well below the time a new key is published ahead. */
const READ_EVERY_MS = 30_000;
/** Without a look for so long, a new key may be in use that is not known here; milliseconds. */
const STALE_AFTER_MS = 180_000;

/** The keys of grants as they are now, kept in step with the Secret that all replicas share. */
export interface GrantKeys {
  signer(): GrantSigner;
  verifier(): GrantVerifier;
  /** Reads the ring, and puts a new key in front when the newest has served its time. */
  refresh(): Promise<void>;
  /** @throws Error in words when the ring has not been read for so long that others may sign with keys unknown here */
  healthy(): void;
  stop(): void;
}

/** Reads the ring, or makes one where there is none. `onProblem` hears when a later look at it fails. */
export async function grantKeys(
  client: KubeClient,
  systemNamespace: string,
  grantLifeSeconds: number,
  onProblem: (error: unknown) => void,
  now: () => number = Date.now,
): Promise<GrantKeys> {
  const ref: ObjectRef = { kind: SECRETS, namespace: systemNamespace, name: GRANT_KEYS_SECRET };
  let text = '';
  let signer: GrantSigner;
  let verifier: GrantVerifier;
  const take = (ring: KeyRing): void => {
    const next = serializeKeyRing(ring);
    if (next === text) return;
    text = next;
    signer = grantSigner(ring, { lifeSeconds: grantLifeSeconds });
    verifier = grantVerifier(ring);
  };
  let readAt = now();
  const refresh = async (): Promise<void> => {
    take(await readOrMake(client, ref, now));
    readAt = now();
  };
  await refresh();
  const healthy = (): void => {
    const age = now() - readAt;
    if (age > STALE_AFTER_MS)
      throw new Error(`Secret ${systemNamespace}/${GRANT_KEYS_SECRET} could not be read for ${String(Math.round(age / 1000))} s`);
  };
  const timer = setInterval(() => void refresh().catch(onProblem), READ_EVERY_MS).unref();
  return { signer: () => signer, verifier: () => verifier, refresh, healthy, stop: () => clearInterval(timer) };
}

/** Several replicas may do this at once: whoever loses the race reads what the other wrote. */
function readOrMake(client: KubeClient, ref: ObjectRef, now: () => number): Promise<KeyRing> {
  return retrying(
    async () => {
      let secret: KubeObject;
      try {
        secret = await client.get(ref);
      } catch (error) {
        if (!isApiError(error, 404)) throw error;
        const ring = generateKeyRing(new Date(now()));
        await client.create(ref, secretOf(ref, ring));
        return ring;
      }
      const ring = parseKeyRing(Buffer.from((secret['data'] as { ring?: string } | undefined)?.ring ?? '', 'base64').toString('utf8'));
      if (now() - Date.parse(ring.current.created) < ROTATE_AFTER_MS) return ring;
      const next = rotate(ring, new Date(now()));
      const { resourceVersion } = secret.metadata;
      const object = secretOf(ref, next);
      await client.update(ref, {
        ...object,
        metadata: { ...object.metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
      });
      return next;
    },
    { retryable: (error) => isApiError(error, 409, 429, 500, 502, 503, 504) },
  );
}

function secretOf(ref: ObjectRef, ring: KeyRing): KubeObject {
  const metadata = {
    name: ref.name,
    ...(ref.namespace === undefined ? {} : { namespace: ref.namespace }),
    labels: { 'app.kubernetes.io/name': 'janus' },
  };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata,
    type: 'tx.janus.io/grant-keys',
    data: { ring: Buffer.from(serializeKeyRing(ring)).toString('base64') },
  };
}
