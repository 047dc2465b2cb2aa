import { isApiError, type ApiError } from '../../kube/errors.ts';
import { explain } from '../explain.ts';
import { Fault } from '../fault.ts';

/**
 * The server's own words about an object that it refuses, and what to do about them.
 *
 * @throws Fault where it is about no object, but about acting as the ServiceAccount at all.
 */
export function refusalWords(object: string, error: ApiError): string {
  const words = explain(error) ?? error.message;
  if (isApiError(error, 403) && /\bcannot impersonate\b/.test(error.message)) {
    throw new Fault(`${words} Whoever applies needs the verb impersonate on the ServiceAccount that --as-sa names.`);
  }
  return `${object}: ${words}`;
}
