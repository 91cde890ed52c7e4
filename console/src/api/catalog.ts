import { read } from './request.ts';

export interface User {
  readonly name: string;
  readonly role: 'reader' | 'user' | 'admin';
}

export const readUser = (): Promise<User> => read('/v1/user');
