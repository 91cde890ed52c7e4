import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { User } from '../api/catalog.ts';

export const UserContext = createContext<User | null>(null);

/** Who uses the console. Pages are shown only when it is known. */
export function useUser(): User {
  return useContext(UserContext)!;
}
