import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';

/** A name in elections that no other process has, and no later one of the same pod: a new process must not take its predecessor's Lease for its own. */
export function electionIdentity(host: string = process.env['POD_NAME'] ?? hostname()): string {
  return `${host}_${randomBytes(5).toString('hex')}`;
}
