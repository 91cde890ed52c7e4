/** Runs `millrace serve`. Only this file of the command line imports the server. It never returns: the server ends the process. */
export async function runServer(environment: NodeJS.ProcessEnv): Promise<never> {
  const { serve } = await import('../server/serve.ts');
  return serve(environment);
}
