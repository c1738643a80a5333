using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Limber.Rest.Tests.Support;

/// <summary>A reply that was read to its end.</summary>
internal sealed record Reply(HttpStatusCode StatusCode, string Body, HttpResponseHeaders Headers, HttpContentHeaders ContentHeaders)
{
    public int Status => (int)StatusCode;

    /// <summary>The body as an error array.</summary>
    public string[] Causes
    {
        get
        {
            using JsonDocument document = JsonDocument.Parse(Body);
            string[] causes = new string[document.RootElement.GetArrayLength()];
            for (int i = 0; i < causes.Length; i++)
            {
                causes[i] = document.RootElement[i].GetString()!;
            }

            return causes;
        }
    }

    public JsonElement Json
    {
        get
        {
            using JsonDocument document = JsonDocument.Parse(Body);
            return document.RootElement.Clone();
        }
    }
}
