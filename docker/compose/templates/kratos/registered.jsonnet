// What the Auth Container's register hook gets of a person who has just registered.
function(ctx) {
  id: ctx.identity.id,
  email: ctx.identity.traits.email,
  name: if 'name' in ctx.identity.traits then ctx.identity.traits.name else null,
}
