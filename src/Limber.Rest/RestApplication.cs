using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using Limber.Control;
using Limber.Rest.Routing;
using Limber.Rest.Sockets;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Limber.Rest;

/// <summary>Takes requests from Kestrel: finds the route, calls it, turns what it throws into an error reply.</summary>
internal sealed class RestApplication(RouteTable routes) : IHttpApplication<HttpContext>
{
    private const string ApiError = "Error from API";

    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    public void DisposeContext(HttpContext context, Exception? exception)
    {
    }

    public async Task ProcessRequestAsync(HttpContext context)
    {
        var descriptors = context.Features.Get<RequestDescriptors>();
        try
        {
            RestReply reply = await AnswerAsync(context).ConfigureAwait(false);

            // Nobody wanted them; a refused request's body may still be on its way.
            descriptors?.Close(all: reply.Status >= StatusCodes.Status400BadRequest);
            try
            {
                await SendAsync(context.Response, reply).ConfigureAwait(false);
            }
            finally
            {
                // A client that does not stay for the reply has still made its request.
                reply.Sent?.Invoke();
            }
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has gone: there is nobody to answer.
        }
    }

    private async Task<RestReply> AnswerAsync(HttpContext context)
    {
        if (routes.Find(context.Request.Path.Value ?? "") is not { } match)
        {
            return RestReply.Error(404, "Not Found");
        }

        Route route = match.Route;
        if (context.Request.Method != route.Method || HasBody(context) != (route.Body == BodyRule.Required))
        {
            return RestReply.Error(400, "Bad Request");
        }

        try
        {
            return await route.Handle(new RestRequest(context, match.Id ?? "")).ConfigureAwait(false);
        }
        catch (RestException error)
        {
            return RestReply.Error(
                error.Status, error.IsRefusal ? [ApiError, route.Failure, .. error.Causes] : error.Causes);
        }
        catch (VmException refusal)
        {
            return RestReply.Error(StatusOf(refusal.Code), Chain(route.Failure, refusal));
        }
        catch (BadHttpRequestException wrong)
        {
            return wrong.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? RestReply.Error(400, "Bad Request", $"the body exceeds {KestrelServices.MaxBodySize} bytes")
                : RestReply.Error(400, "Bad Request", "the body is malformed, incomplete or too slow");
        }
        catch (Exception defect) when (defect is not OperationCanceledException)
        {
            // A control connection must outlive whatever a call did; the client learns of it.
            return RestReply.Error(500, Chain(route.Failure, defect));
        }
    }

    private static bool HasBody(HttpContext context) =>
        context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody ?? false;

    private static int StatusOf(VmErrorCode code) => code switch
    {
        VmErrorCode.DeviceNotFound => 404,
        VmErrorCode.DuplicateId => 409,
        VmErrorCode.RemovalPending => 429,
        _ => 500,
    };

    private static List<string> Chain(string failure, Exception exception)
    {
        List<string> causes = [ApiError, failure];
        for (Exception? cause = exception; cause is not null; cause = cause.InnerException)
        {
            // A refusal often has the words of what is behind it.
            if (causes[^1] != cause.Message)
            {
                causes.Add(cause.Message);
            }
        }

        return causes;
    }

    private static async Task SendAsync(HttpResponse response, RestReply reply)
    {
        response.StatusCode = reply.Status;
        response.Headers.Server = "Cloud Hypervisor API";
        if (reply.Status != StatusCodes.Status204NoContent)
        {
            response.ContentType = "application/json";
            response.ContentLength = reply.Body.Length;
            await response.Body.WriteAsync(reply.Body).ConfigureAwait(false);
        }

        await response.CompleteAsync().ConfigureAwait(false);
    }
}
