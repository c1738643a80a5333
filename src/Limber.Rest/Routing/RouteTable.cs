using System;
using System.Collections.Frozen;
using System.Collections.Generic;
using System.Linq;

namespace Limber.Rest.Routing;

/// <summary>Finds the route of a path. Paths are compared byte for byte, as Cloud Hypervisor does it.</summary>
internal sealed class RouteTable
{
    private const string Prefix = "/api/v1/";
    private const string IdPlace = "{id}";

    private readonly FrozenDictionary<string, Route> exact;
    private readonly Pattern[] patterns;

    public RouteTable(IReadOnlyList<Route> routes)
    {
        exact = routes.Where(route => !route.Path.Contains(IdPlace)).ToFrozenDictionary(route => Prefix + route.Path);
        patterns = [.. routes.Where(route => route.Path.Contains(IdPlace)).Select(Pattern.Of)];
    }

    /// <summary>The route of a path whatever its method, or null.</summary>
    public RouteMatch? Find(string path)
    {
        if (exact.TryGetValue(path, out Route? route))
        {
            return new RouteMatch(route, null);
        }

        foreach (Pattern pattern in patterns)
        {
            if (pattern.TryMatch(path, out string id))
            {
                return new RouteMatch(pattern.Route, id);
            }
        }

        return null;
    }

    private sealed record Pattern(Route Route, string Before, string After)
    {
        public static Pattern Of(Route route)
        {
            string[] parts = route.Path.Split(IdPlace);
            return new Pattern(route, Prefix + parts[0], parts[1]);
        }

        public bool TryMatch(string path, out string id)
        {
            int length = path.Length - Before.Length - After.Length;
            bool matches = length > 0
                && path.StartsWith(Before, StringComparison.Ordinal)
                && path.EndsWith(After, StringComparison.Ordinal);
            id = matches ? path.Substring(Before.Length, length) : "";
            return matches && !id.Contains('/');
        }
    }
}
