using System;
using System.Threading.Tasks;

namespace Limber.Rest.Routing;

/// <summary>One row of the interface.</summary>
/// <param name="Method"><c>GET</c> or <c>PUT</c>.</param>
/// <param name="Path">Path below <c>/api/v1/</c>; at most one segment of it may be <c>{id}</c>.</param>
/// <param name="Body">Whether there must be a body.</param>
/// <param name="Failure">The sentence that stands before the cause when the handler fails.</param>
/// <param name="Handle">Answers, or throws <see cref="RestException"/> or <see cref="Control.VmException"/>.</param>
internal sealed record Route(string Method, string Path, BodyRule Body, string Failure, Func<RestRequest, Task<RestReply>> Handle);
