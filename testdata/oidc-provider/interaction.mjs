// What the provider's pages would ask its user, answered at once: who it is (the
// "login_hint", or alice), and that the client may have what it wants.
export async function interact(provider, request, response) {
  const { prompt, params, session, grantId } = await provider.interactionDetails(request, response);
  const answers = {
    login: () => ({ login: { accountId: params.login_hint ?? 'alice' } }),
    consent: async () => ({ consent: { grantId: await consent(provider, { prompt, params, session, grantId }) } }),
  };
  await provider.interactionFinished(request, response, await answers[prompt.name]());
}

async function consent(provider, { prompt: { details }, params, session, grantId }) {
  const grant = await provider.Grant.find(grantId) ??
    new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  if (details.missingOIDCScope) grant.addOIDCScope(details.missingOIDCScope.join(' '));
  for (const [resource, scopes] of Object.entries(details.missingResourceScopes ?? {})) {
    grant.addResourceScope(resource, scopes.join(' '));
  }
  return grant.save();
}
