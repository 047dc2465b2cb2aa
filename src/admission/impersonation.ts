import type { MayImpersonate } from './access.ts';
import type { UserInfo } from './review.ts';
import type { Denied } from './verdict.ts';
import { forbid, undecided } from './verdict.ts';

/** The denial for a user who may not use a Transaction's ServiceAccount, or of whom that could not be found out. */
export async function refuseUnlessAllowed(
  mayImpersonate: MayImpersonate,
  user: UserInfo,
  namespace: string,
  serviceAccount: string,
): Promise<Denied | undefined> {
  const subject = `ServiceAccount ${namespace}/${serviceAccount}`;
  try {
    if (await mayImpersonate(user, namespace, serviceAccount)) return undefined;
  } catch (error) {
    return undecided(
      'impersonation-unknown',
      `Janus could not ask the API server whether you may use ${subject}. Nothing was changed; try again.`,
      error,
    );
  }
  return forbid(
    'impersonation',
    `User ${JSON.stringify(user.username)} may not use ${subject}: the changes would be made with its rights. ` +
      `Name another one in spec.serviceAccountName, or have the verb "impersonate" on serviceaccounts ${JSON.stringify(serviceAccount)} granted to you in namespace ${JSON.stringify(namespace)}.`,
  );
}
