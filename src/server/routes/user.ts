import { Type } from 'typebox';
import { roles } from '../../service/access/users.ts';
import type { App } from '../context.ts';
import { problems } from '../schemas.ts';

/** `GET /v1/user` */
export function userRoute(app: App): void {
  const schema = {
    summary: 'Who you are to the server',
    description: 'The user of your token. Without configured users, everyone is `anonymous` and may do everything.',
    tags: ['operation'],
    response: { 200: Type.Object({ name: Type.String(), role: Type.Enum(roles) }), ...problems },
  };
  app.get('/v1/user', { schema }, async ({ user: { name, role } }) => ({ name, role }));
}
