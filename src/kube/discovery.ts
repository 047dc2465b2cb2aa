import { apiErrorOf } from './api-status.ts';
import { groupVersionsOf, kindsOfAggregated, kindsOfPlain } from './discovery-documents.ts';
import type { AggregatedDiscovery, GroupVersion, PlainDiscovery, PlainResources } from './discovery-documents.ts';
import { isApiError, TransportError } from './errors.ts';
import { findByName, findKind, nearestKinds, UnknownKindError, type KindCatalog } from './kind-catalog.ts';
import { inParallel, valuesOf } from './limit.ts';
import { apiVersionOf, type ResourceKind } from './object.ts';
import { retrying } from './retry.ts';
import type { Transport } from './transport.ts';

/** Which kinds a server has. Answers from a cache; a miss makes it ask again, at most once a second. */
export interface Discovery {
  /** @throws UnknownKindError */
  resolve(asked: { readonly apiVersion: string; readonly kind: string }): Promise<ResourceKind>;
  /** By kind, plural, singular or short name, with or without group. @throws UnknownKindError */
  resolveName(word: string): Promise<ResourceKind>;
  catalog(): Promise<KindCatalog>;
}

const AGGREGATED = ['v2', 'v2beta1'].map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`);
const ACCEPT = [...AGGREGATED, 'application/json'].join(',');
const ASK_AGAIN_MS = 1_000;
const PLAIN_CONCURRENCY = 8;

/** Discovery over a transport; nothing is asked before the first question. `now` in milliseconds. */
export function createDiscovery(transport: Transport, now: () => number = () => performance.now()): Discovery {
  let known: Promise<KindCatalog> | undefined;
  let askedAt = -Infinity;
  const ask = (): Promise<KindCatalog> => {
    const before = known;
    askedAt = now();
    const next = retrying(() => readCatalog(transport));
    next.catch(() => {
      // A failure is not kept: until the server answers again, what was known before holds.
      if (known === next) known = before;
    });
    known = next;
    return next;
  };
  const catalog = (): Promise<KindCatalog> => known ?? ask();
  const lookUp = async (find: (catalog: KindCatalog) => ResourceKind | undefined, asked: string): Promise<ResourceKind> => {
    const found = find(await catalog());
    if (found !== undefined) return found;
    const second = now() - askedAt < ASK_AGAIN_MS ? await catalog() : await ask();
    const late = find(second);
    if (late === undefined) throw new UnknownKindError(asked, nearestKinds(second, asked));
    return late;
  };
  return {
    resolve: (asked) => lookUp((all) => findKind(all, asked), groupedName(asked)),
    resolveName: (word) => lookUp((all) => findByName(all, word), word),
    catalog,
  };
}

/** `Deployment.apps/v1` reads badly; people and kubectl say `Deployment.v1.apps`. */
function groupedName({ apiVersion, kind }: { readonly apiVersion: string; readonly kind: string }): string {
  const [first = '', version] = apiVersion.split('/');
  return version === undefined ? kind : `${kind}.${version}.${first}`;
}

async function readCatalog(transport: Transport): Promise<KindCatalog> {
  const kinds = await Promise.all(['/api', '/apis'].map((path) => readKinds(transport, path)));
  return { kinds: kinds.flat() };
}

async function readKinds(transport: Transport, path: string): Promise<readonly ResourceKind[]> {
  const document = await read<AggregatedDiscovery | PlainDiscovery>(transport, path, ACCEPT);
  if (document.kind === 'APIGroupDiscoveryList') return kindsOfAggregated(document);
  const outcomes = await inParallel(groupVersionsOf(document), PLAIN_CONCURRENCY, (at) => readPlain(transport, at));
  return valuesOf(outcomes).flat();
}

async function readPlain(transport: Transport, at: GroupVersion): Promise<readonly ResourceKind[]> {
  const path = `${at.group === '' ? '/api' : '/apis'}/${apiVersionOf(at)}`;
  try {
    return kindsOfPlain(at, await read<PlainResources>(transport, path, 'application/json'));
  } catch (error) {
    // The group went away meanwhile, or its aggregated server is down: the other groups are usable all the same.
    if (isApiError(error, 404, 503)) return [];
    throw error;
  }
}

async function read<T>(transport: Transport, path: string, accept: string): Promise<T> {
  const label = { verb: 'get', resource: '', dryRun: false } as const;
  const response = await transport.send({ method: 'GET', path, label, headers: { accept } });
  if (response.status !== 200) throw apiErrorOf(response);
  try {
    return JSON.parse(response.body) as T;
  } catch {
    throw new TransportError(`GET ${path}: the answer is not JSON, so it is not from an API server`, { neverSent: false });
  }
}
