using System.Text.Encodings.Web;
using System.Text.Json;

namespace Limber.Rest.Json;

/// <summary>How bodies are read and written.</summary>
internal static class RestJson
{
    /// <summary>People read these bodies in a terminal, no browser does: apostrophes stay apostrophes.</summary>
    public static RestJsonContext Context { get; } = new(new JsonSerializerOptions(RestJsonContext.Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
