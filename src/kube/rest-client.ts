import { apiErrorOf } from './api-status.ts';
import type { KubeClient, ListOptions, PatchBody, RequestOptions, WriteOptions, Written } from './client.ts';
import { TransportError } from './errors.ts';
import { listAll } from './listing.ts';
import { apiVersionOf } from './object.ts';
import type { KubeList, KubeObject, ObjectRef, ResourceKind } from './object.ts';
import { collectionPath, creationPath, objectPath, resourceName, withQuery } from './paths.ts';
import type { QueryValue } from './paths.ts';
import type { RequestLabel, Transport, TransportRequest, TransportResponse } from './transport.ts';
import { parseWarnings } from './warnings.ts';

const DEFAULT_TIMEOUT_MS = 15_000;

/** A server that cannot leave the rest out answers with whole objects. */
const METADATA_ONLY = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';

const PATCH_TYPES: Readonly<Record<PatchBody['type'], string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
};

/** A `KubeClient` that speaks over `transport`. */
export function createRestClient(transport: Transport): KubeClient {
  /** Sends, and throws `ApiError` for any answer that is not 2xx. */
  async function call(request: Call, options: RequestOptions = {}): Promise<TransportResponse> {
    const response = await transport.send(toTransport(request, options));
    if (response.status < 200 || response.status > 299) throw apiErrorOf(response);
    return response;
  }

  async function write<T extends KubeObject>(request: Call, options: WriteOptions): Promise<Written<T>> {
    const response = await call(request, options);
    return {
      object: parse<T>(response, request),
      created: response.status === 201,
      warnings: parseWarnings(response.headers['warning']),
    };
  }

  async function page<T extends KubeObject>(
    kind: ResourceKind,
    options: ListOptions,
    limit: number | undefined,
    token: string | undefined,
  ): Promise<KubeList<T>> {
    const query = { labelSelector: options.labelSelector, fieldSelector: options.fieldSelector, limit, continue: token };
    const request: Call = {
      verb: 'list',
      method: 'GET',
      path: collectionPath(kind, options.namespace),
      query,
      kind,
      namespace: options.namespace,
      ...(options.metadataOnly === true ? { accept: METADATA_ONLY } : {}),
    };
    const list = parse<Omit<KubeList<T>, 'items'> & { readonly items?: readonly T[] | null }>(await call(request, options), request);
    const items = list.items ?? [];
    // Lists of built-in kinds leave out what is the same for every item.
    return { ...list, items: items.map((item) => ({ ...item, apiVersion: apiVersionOf(kind), kind: kind.kind })) };
  }

  return {
    async get<T extends KubeObject>(ref: ObjectRef, options?: RequestOptions) {
      const request = onObject('get', 'GET', ref);
      return parse<T>(await call(request, options), request);
    },

    list: <T extends KubeObject>(kind: ResourceKind, options: ListOptions = {}) =>
      listAll<T>(options, (limit, token) => page<T>(kind, options, limit, token)),

    create: async (ref, object, options = {}) =>
      write(
        { ...onObject('create', 'POST', ref, creationPath(ref)), query: writeQuery(options), body: object, dryRun: options.dryRun },
        options,
      ),

    update: async (ref, object, options = {}) =>
      write({ ...onObject('update', 'PUT', ref, objectPath(ref, options.subresource)), ...asWrite(options), body: object }, options),

    patch: async (ref, body, options = {}) =>
      write(
        {
          ...onObject('patch', 'PATCH', ref, objectPath(ref, options.subresource)),
          ...asWrite(options),
          body: body.type === 'json' ? body.operations : body.patch,
          contentType: PATCH_TYPES[body.type],
        },
        options,
      ),

    apply: async (ref, object, options) =>
      write(
        {
          ...onObject('apply', 'PATCH', ref),
          dryRun: options.dryRun,
          query: { ...writeQuery(options), force: options.force },
          body: object,
          contentType: 'application/apply-patch+yaml',
        },
        options,
      ),

    async delete(ref, options = {}) {
      const body = {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        ...(options.preconditions === undefined ? {} : { preconditions: options.preconditions }),
        ...(options.propagationPolicy === undefined ? {} : { propagationPolicy: options.propagationPolicy }),
        ...(options.dryRun === true ? { dryRun: ['All'] } : {}),
      };
      const request: Call = { ...onObject('delete', 'DELETE', ref), body, dryRun: options.dryRun };
      const answer = parse<KubeObject>(await call(request, options), request);
      return answer.kind === 'Status' && answer.apiVersion === 'v1' ? undefined : answer;
    },

    async raw<T>(method: string, path: string, body?: unknown, options?: RequestOptions) {
      const request: Call = { verb: 'raw', method: methodOf(method), path, ...(body === undefined ? {} : { body }) };
      return parse<T>(await call(request, options), request);
    },
  };
}

/** One call before it has a deadline and an identity. */
interface Call {
  readonly verb: RequestLabel['verb'];
  readonly method: TransportRequest['method'];
  readonly path: string;
  readonly query?: Readonly<Record<string, QueryValue>>;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly kind?: ResourceKind;
  readonly namespace?: string | undefined;
  readonly name?: string;
  readonly subresource?: string | undefined;
  readonly dryRun?: boolean | undefined;
  readonly accept?: string;
}

function onObject(verb: RequestLabel['verb'], method: TransportRequest['method'], ref: ObjectRef, path = objectPath(ref)): Call {
  return { verb, method, path, kind: ref.kind, namespace: ref.namespace, name: ref.name };
}

function asWrite(options: WriteOptions & { readonly subresource?: string }): Pick<Call, 'query' | 'dryRun' | 'subresource'> {
  return { query: writeQuery(options), dryRun: options.dryRun, subresource: options.subresource };
}

function writeQuery(options: WriteOptions): Record<string, QueryValue> {
  return {
    dryRun: options.dryRun === true ? 'All' : undefined,
    fieldManager: options.fieldManager,
    fieldValidation: options.fieldValidation,
  };
}

function toTransport(call: Call, options: RequestOptions): TransportRequest {
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const { body, contentType = 'application/json', accept, subresource, namespace, name } = call;
  const headers = { ...(body === undefined ? {} : { 'content-type': contentType }), ...(accept === undefined ? {} : { accept }) };
  return {
    method: call.method,
    path: withQuery(call.path, { ...call.query, timeout: `${Math.max(1, Math.ceil(timeoutMs / 1000))}s` }),
    timeoutMs,
    label: {
      verb: call.verb,
      resource: call.kind === undefined ? '' : resourceName(call.kind),
      dryRun: call.dryRun === true,
      ...(subresource === undefined ? {} : { subresource }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(name === undefined ? {} : { name }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
    ...(options.as === undefined ? {} : { as: options.as }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
}

// A 2xx that is not a JSON object does not come from an API server (a captive portal, a proxy's page): whether it acted is not known.
// The parser's error is no cause: its message quotes the answer.
function parse<T>(response: TransportResponse, call: Pick<Call, 'method' | 'path'>): T {
  const answer = jsonOf(response.body);
  if (typeof answer === 'object' && answer !== null && !Array.isArray(answer)) return answer as T;
  throw new TransportError(`${call.method} ${call.path}: the answer is no JSON object, so it is not from an API server`, {
    neverSent: false,
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function methodOf(method: string): TransportRequest['method'] {
  const upper = method.toUpperCase();
  if (
    upper === 'GET' ||
    upper === 'POST' ||
    upper === 'PUT' ||
    upper === 'PATCH' ||
    upper === 'DELETE' ||
    upper === 'HEAD' ||
    upper === 'OPTIONS'
  )
    return upper;
  throw new TypeError(`unknown HTTP method ${JSON.stringify(method)}`);
}
