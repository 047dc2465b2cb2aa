import type { Identity } from '../../src/kube/client.ts';
import type { Transport, TransportRequest, TransportResponse } from '../../src/kube/transport.ts';
import { GRANT_EXTRA, type GrantClaims } from '../../src/lock/claims.ts';
import type { AuditEvent } from '../control-plane/audit.ts';

/** A request that carried a grant, as whoever reads the audit log has it. */
export interface Recorded {
  readonly event: AuditEvent;
  readonly token: string;
  readonly claims: GrantClaims;
  readonly dryRun: boolean;
}

/** The grants of an audit log, each with the request that carried it first. */
export function recordedGrants(events: readonly AuditEvent[]): readonly Recorded[] {
  const recorded = new Map<string, Recorded>();
  for (const event of events) {
    const [token] = event.impersonatedUser?.extra?.[GRANT_EXTRA] ?? [];
    if (token !== undefined && !recorded.has(token))
      recorded.set(token, { event, token, claims: claimsIn(token), dryRun: isDryRun(event) });
  }
  return [...recorded.values()];
}

/** Who carried it, with the grant, or as somebody else with the same grant. */
export function bearerOf({ event, token }: Recorded, user = event.impersonatedUser?.username ?? ''): Identity {
  return { user, extra: { [GRANT_EXTRA]: [token] } };
}

/** The very request again: same path, same body. */
export function replay(transport: Transport, { event }: Recorded, as: Identity): Promise<TransportResponse> {
  const { requestObject } = event;
  return transport.send({
    method: METHODS[event.verb] ?? 'GET',
    path: event.requestURI,
    label: { verb: 'raw', resource: '', dryRun: isDryRun(event) },
    ...(requestObject === undefined ? {} : { body: JSON.stringify(requestObject), headers: { 'content-type': contentTypeOf(event) } }),
    as,
  });
}

const METHODS: Readonly<Record<string, TransportRequest['method']>> = { create: 'POST', update: 'PUT', patch: 'PATCH', delete: 'DELETE' };

// The log does not keep it: a list is a JSON patch, and only server-side apply names its manager and forces.
function contentTypeOf({ verb, requestURI, requestObject }: AuditEvent): string {
  if (verb !== 'patch') return 'application/json';
  if (Array.isArray(requestObject)) return 'application/json-patch+json';
  return requestURI.includes('force=') ? 'application/apply-patch+yaml' : 'application/merge-patch+json';
}

function isDryRun({ requestURI, requestObject }: AuditEvent): boolean {
  const inBody = (requestObject as { readonly dryRun?: readonly string[] } | undefined)?.dryRun;
  return requestURI.includes('dryRun=All') || (Array.isArray(inBody) && inBody.length > 0);
}

function claimsIn(token: string): GrantClaims {
  const payload = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as Record<string, GrantClaims>;
  const claims = payload[GRANT_EXTRA];
  if (claims === undefined) throw new Error('a grant without claims');
  return claims;
}
