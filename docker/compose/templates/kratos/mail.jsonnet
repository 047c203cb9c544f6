// What the Auth Container's mail relay gets of a mail: the event mail.send carries the same.
function(ctx)
  local data = if 'template_data' in ctx then ctx.template_data else {};
  local traits = if 'identity' in data && 'traits' in data.identity then data.identity.traits else {};
  {
    from: '${MAIL_FROM}',
    to: ctx.recipient,
    templateId: ctx.template_type,
    templateModel: {
      email: ctx.recipient,
      name: if 'name' in traits then traits.name else null,
      recovery_url: if 'recovery_url' in data then data.recovery_url else null,
      verification_url: if 'verification_url' in data then data.verification_url else null,
      recovery_code: if 'recovery_code' in data then data.recovery_code else null,
      verification_code: if 'verification_code' in data then data.verification_code else null,
    },
  }
