namespace Limber.Rest.Routing;

/// <summary>A route and what stands for its <c>{id}</c>, if it has one.</summary>
internal readonly record struct RouteMatch(Route Route, string? Id);
