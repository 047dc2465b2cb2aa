import { GRANT_EXTRA } from '../lock/claims.ts';
import type { UserInfo } from './review.ts';
import { isObject, own, parseUser } from './review.ts';

/** The annotation value that names a user: JSON of username, uid, groups and extra, always the same text for the same user. */
export function stampOf(user: UserInfo): string {
  return JSON.stringify({
    username: user.username,
    ...(user.uid === undefined ? {} : { uid: user.uid }),
    groups: user.groups,
    extra: Object.fromEntries(withoutGrant(user.extra).toSorted(([a], [b]) => (a < b ? -1 : 1))),
  });
}

/**
 * The user that a stamp names.
 * @throws Error (`MalformedReview` among them) when the text is no stamp.
 */
export function parseStamp(stamp: string): UserInfo {
  const user: unknown = JSON.parse(stamp);
  if (!isObject(user) || typeof own(user, 'username') !== 'string') throw new Error('not a stamp of a user');
  return parseUser(user);
}

/** Extra attributes without the grant, which is nobody's attribute and must not be stored. */
export function withoutGrant(extra: UserInfo['extra']): [string, readonly string[]][] {
  return Object.entries(extra).filter(([key]) => key.toLowerCase() !== GRANT_EXTRA);
}
