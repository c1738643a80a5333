using System;
using System.Diagnostics;
using System.Net.Sockets;
using Limber.Rest.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Limber.Rest;

/// <summary>
/// Kestrel without a host: only its service registrations are taken.
/// </summary>
/// <remarks>
/// A host would bring configuration from files and the environment, console logging and signal handling, all of which
/// belong to the program around this server; beside that it costs 4 MB of resident memory and 1.6 MB of executable.
/// Constructing <see cref="KestrelServer"/> itself costs more still: it always links TLS.
/// </remarks>
internal static class KestrelServices
{
    /// <summary>Bytes a request body may have.</summary>
    public const long MaxBodySize = 4 << 20;

    /// <summary>A provider of the one <see cref="Microsoft.AspNetCore.Hosting.Server.IServer"/>, to be disposed with it.</summary>
    public static ServiceProvider Create(SocketClaim claim, RestServerOptions options)
    {
        ServiceCollection services = new();
        services.AddOptions();
        services.AddMetrics();
        services.AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance);
        services.AddSingleton(typeof(ILogger<>), typeof(NullLogger<>));
        services.AddSingleton<DiagnosticSource>(new DiagnosticListener("Limber.Rest"));
        services.AddSingleton<IConnectionListenerFactory>(new UnixTransport(claim));
        new Registrations(services).UseKestrelCore();
        services.Configure<KestrelServerOptions>(kestrel => Configure(kestrel, claim, options));
        return services.BuildServiceProvider();
    }

    private static void Configure(KestrelServerOptions kestrel, SocketClaim claim, RestServerOptions options)
    {
        kestrel.AddServerHeader = false;
        // An absolute request target names a host that need not equal the Host header; neither means anything here.
        kestrel.AllowHostHeaderOverride = true;
        kestrel.Limits.MaxConcurrentConnections = options.MaxConnections;
        kestrel.Limits.MaxRequestBodySize = MaxBodySize;
        kestrel.Listen(new UnixDomainSocketEndPoint(claim.Path), listen => listen.Protocols = HttpProtocols.Http1);
    }

    /// <summary>Collects what <c>UseKestrelCore</c> registers; it is never built.</summary>
    private sealed class Registrations(IServiceCollection services) : IWebHostBuilder
    {
#pragma warning disable ASPDEPR008 // The interface has the member, so it must be here.
        public IWebHost Build() => throw new NotSupportedException("collects registrations only");
#pragma warning restore ASPDEPR008

        public IWebHostBuilder ConfigureAppConfiguration(Action<WebHostBuilderContext, IConfigurationBuilder> configureDelegate) =>
            this;

        public IWebHostBuilder ConfigureServices(Action<IServiceCollection> configureServices)
        {
            configureServices(services);
            return this;
        }

        public IWebHostBuilder ConfigureServices(Action<WebHostBuilderContext, IServiceCollection> configureServices)
        {
            configureServices(new WebHostBuilderContext(), services);
            return this;
        }

        public string? GetSetting(string key) => null;

        public IWebHostBuilder UseSetting(string key, string? value) => this;
    }
}
