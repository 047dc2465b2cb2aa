import type { GrantSeen } from '../history.ts';

/** One write request as the audit log tells it. */
export interface AuditedRequest {
  readonly user: string;
  readonly grant?: GrantSeen;
  readonly verb: string;
  readonly subresource: string;
  /** `group/resource/namespace/name`; the name is '' for a collection. */
  readonly key: string;
  readonly code: number;
  readonly dryRun: boolean;
  readonly fieldManager: string;
  /** resourceVersion of the object in the answer; absent where it had none. */
  readonly revision?: number;
  /** uid of the object in the answer, or of each deleted one. */
  readonly uids: readonly string[];
}

interface AuditEvent {
  readonly verb?: string;
  readonly requestURI?: string;
  readonly user?: AuditUser;
  readonly impersonatedUser?: AuditUser;
  readonly objectRef?: {
    readonly resource?: string;
    readonly namespace?: string;
    readonly name?: string;
    readonly apiGroup?: string;
    readonly subresource?: string;
  };
  readonly responseStatus?: { readonly code?: number };
  readonly responseObject?: AuditedObject;
}

interface AuditUser {
  readonly username?: string;
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

interface AuditedObject {
  readonly metadata?: { readonly resourceVersion?: string; readonly uid?: string; readonly name?: string };
  readonly details?: { readonly uid?: string };
  readonly items?: readonly AuditedObject[];
}

/** Reads one line of an audit log. */
export function auditedRequestIn(line: string): AuditedRequest {
  const event = JSON.parse(line) as AuditEvent;
  const { verb = '', requestURI = '', objectRef = {}, responseObject } = event;
  const sender = event.impersonatedUser ?? event.user;
  const { searchParams } = new URL(requestURI, 'https://any');
  const grant = grantIn(sender?.extra?.['tx.janus.io/grant']?.[0]);
  const { resource = '', namespace = '', apiGroup = '', subresource = '' } = objectRef;
  // A create by POST to the collection names its object in the answer only.
  const name = objectRef.name ?? responseObject?.metadata?.name ?? '';
  const version = responseObject?.metadata?.resourceVersion;
  const objects = [...(responseObject?.items ?? []), ...(responseObject === undefined ? [] : [responseObject])];
  return {
    user: sender?.username ?? '',
    ...(grant === undefined ? {} : { grant }),
    verb,
    subresource,
    key: [apiGroup, resource, namespace, name].join('/'),
    code: event.responseStatus?.code ?? 0,
    dryRun: searchParams.get('dryRun') !== null,
    fieldManager: searchParams.get('fieldManager') ?? '',
    ...(version === undefined || version === '' ? {} : { revision: Number(version) }),
    uids: objects.flatMap(({ metadata, details }) => metadata?.uid ?? details?.uid ?? []),
  };
}

/** What a grant says, without looking whether it is one: refused requests are told by their codes. */
function grantIn(token: string | undefined): GrantSeen | undefined {
  const payload = token?.split('.')[1];
  if (payload === undefined) return undefined;
  try {
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Readonly<Record<string, GrantSeen | undefined>>;
    const { transaction, attempt, action } = claims['tx.janus.io/grant'] ?? {};
    return transaction === undefined || attempt === undefined || action === undefined ? undefined : { transaction, attempt, action };
  } catch {
    return undefined;
  }
}
