/** Arithmetic of f64 on objects: stores of what may be a NaN in the inner loop. */
class Body {
  constructor(public x: f64, public y: f64, public z: f64, public vx: f64, public vy: f64, public vz: f64, public m: f64) {}
}
export function run(): f64 {
  const bodies: StaticArray<Body> = [
    new Body(0, 0, 0, 0, 0, 0, 39.47),
    new Body(4.84, -1.16, -0.1, 0.606, 2.81, -0.02, 0.037),
    new Body(8.34, 4.12, -0.4, -1.01, 1.82, 0.008, 0.011),
    new Body(12.89, -15.11, -0.22, 1.08, 0.868, -0.01, 0.0017),
    new Body(15.37, -25.9, 0.179, 0.979, 0.594, -0.034, 0.002),
  ]
  const dt = 0.01
  for (let step = 0; step < 4000; step++) {
    for (let i = 0; i < 5; i++) {
      const a = unchecked(bodies[i])
      for (let j = i + 1; j < 5; j++) {
        const b = unchecked(bodies[j])
        const dx = a.x - b.x, dy = a.y - b.y, dz = a.z - b.z
        const square = dx * dx + dy * dy + dz * dz
        const mag = dt / (square * Math.sqrt(square))
        a.vx -= dx * b.m * mag
        a.vy -= dy * b.m * mag
        a.vz -= dz * b.m * mag
        b.vx += dx * a.m * mag
        b.vy += dy * a.m * mag
        b.vz += dz * a.m * mag
      }
    }
    for (let i = 0; i < 5; i++) {
      const a = unchecked(bodies[i])
      a.x += dt * a.vx
      a.y += dt * a.vy
      a.z += dt * a.vz
    }
  }
  return unchecked(bodies[0]).x + unchecked(bodies[3]).y
}
