using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Threading;
using System.Threading.Tasks;
using Limber.Interop;
using Limber.Rest.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Limber.Rest;

/// <summary>What handlers see of a request.</summary>
/// <param name="context">The connection's current exchange.</param>
/// <param name="id">What stands for <c>{id}</c> in the path, or empty.</param>
internal sealed class RestRequest(HttpContext context, string id)
{
    public string Id { get; } = id;

    /// <summary>The client has gone.</summary>
    public CancellationToken Aborted => context.RequestAborted;

    /// <summary>All values of a query parameter.</summary>
    public StringValues Query(string name) => context.Request.Query[name];

    /// <summary>
    /// Takes the descriptors that came with the request, whose body has been read; the caller disposes or hands them over. Empty for none.
    /// </summary>
    public ReceivedDescriptors TakeDescriptors() => context.Features.Get<RequestDescriptors>()?.Take() ?? new ReceivedDescriptors(ImmutableArray<FileDescriptor>.Empty);

    /// <summary>Decodes the body. Unknown members are ignored.</summary>
    /// <exception cref="RestException">400: it is not the JSON that is expected.</exception>
    public async Task<T> ReadJsonAsync<T>(JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            T? body = await JsonSerializer.DeserializeAsync(context.Request.Body, type).ConfigureAwait(false);
            return body ?? throw NotJson("null is not an object");
        }
        catch (JsonException wrong)
        {
            // The exception's own text is only a resource key in an executable compiled for size.
            throw NotJson(
                $"invalid syntax or value at line {wrong.LineNumber + 1}, byte {wrong.BytePositionInLine + 1}, path {wrong.Path ?? "$"}");
        }
    }

    private static RestException NotJson(string cause) => RestException.Malformed("Failed to deserialize JSON", cause);
}
