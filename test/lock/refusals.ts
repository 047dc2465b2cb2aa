import { expect } from 'vitest';
import { ApiError } from '../../src/kube/errors.ts';

/** Waits for a request to be refused, and returns how. @throws Error when it was let through */
export async function refusalOf(sent: Promise<unknown>): Promise<ApiError> {
  try {
    await sent;
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error('the request was let through');
}

/** Expects the refusal of a lock that holds, in the manner `Deny`. */
export async function expectLocked(sent: Promise<unknown>): Promise<ApiError> {
  const refusal = await refusalOf(sent);
  expect([refusal.code, refusal.reason], refusal.message).toEqual([423, 'Locked']);
  return refusal;
}
